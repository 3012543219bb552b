const cache = process.env.NODE_COMPILE_CACHE;

/** What a process that a test or script starts gets of ours, settings apart: where programs and compiled code are. */
export const childEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '',
  TZ: 'UTC',
  ...(cache && { NODE_COMPILE_CACHE: cache }),
};
