const lengthMax = 512;
const base = 'http://kortelijn.invalid';

/**
 * A path of this site that someone may be sent to after signing in, normalised; undefined for everything that could
 * lead a browser elsewhere (an open redirect) or back into signing in.
 */
export function safeReturn(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > lengthMax || !value.startsWith('/')) return undefined;
  // Browsers drop tabs and line ends inside a URL and read a backslash as a slash.
  if (/[\\\p{Cc}]/u.test(value)) return undefined;
  const url = URL.parse(value, base);
  if (!url || url.origin !== base) return undefined;
  const path = url.pathname + url.search;
  // Looked at again after normalising: "/a/..//elsewhere" has become "//elsewhere".
  return path.startsWith('//') || /^\/(login|logout|oauth)(\/|\?|$)/.test(path) ? undefined : path;
}
