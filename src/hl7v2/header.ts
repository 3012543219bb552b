import { fieldOf, type Message, segmentOf } from './message.ts';

/** What MSH says about who sends what, and how it wants to be answered. */
export interface Header {
  readonly application: string;
  readonly facility: string;
  /** MSH-10. */
  readonly controlId: string;
  /** MSH-9.1 and MSH-9.2. */
  readonly type: string;
  readonly event: string;
  readonly processing: string;
  readonly version: string;
  /** MSH-15 and MSH-16: AL, NE, ER, SU or empty. */
  readonly acceptAck: string;
  readonly applicationAck: string;
  /** MSH-18 as it stands. */
  readonly charset: string;
  /** MSH-19.1, as ISO 639. */
  readonly language: string;
}

export function headerOf(message: Message): Header {
  const msh = segmentOf(message, 'MSH');
  const at = (field: number, component = 1) => fieldOf(message, msh, field, component);
  return {
    application: at(3),
    facility: at(4),
    controlId: at(10),
    type: at(9),
    event: at(9, 2),
    processing: at(11),
    version: at(12),
    acceptAck: at(15),
    applicationAck: at(16),
    charset: at(18),
    language: at(19),
  };
}
