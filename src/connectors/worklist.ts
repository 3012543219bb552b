import type { Connector } from '../delivery/connector.ts';

/**
 * Our own worklist is the receiving system: being visible there is being in its record. What makes it visible is
 * committed with the receipt, in the same Change, so it can neither be lost nor happen twice (decision 12).
 */
export const worklistConnector: Connector = {
  send: async () => ({ proof: 'record' }),
};
