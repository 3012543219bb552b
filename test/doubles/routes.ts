import express, { type Express, type Router } from 'express';

/** One address that the app answers, as its router holds it: `/practice/:journey`, with its methods. */
export interface Route {
  readonly path: string;
  readonly methods: readonly string[];
}

/** The route that answers a GET of this path: of those that fit, the first. */
export function routeAt(routes: readonly Route[], path: string): Route | undefined {
  return routes.find((one) => one.methods.includes('GET') && expressionOf(one.path).test(path));
}

/** A route as an expression: a part `:name` is any text without a slash, and one slash more at the end is the same. */
function expressionOf(path: string): RegExp {
  const parts = path.split(/(:\w+)/).map((one) => (one.startsWith(':') ? '[^/]+' : one.replaceAll(/[\\.$]/g, '\\$&')));
  return new RegExp(`^${parts.join('').replace(/\/$/, '')}/?$`);
}

interface Layer {
  readonly route?: { readonly path: string | readonly string[]; readonly methods: Record<string, boolean> };
  readonly handle: unknown;
}
type Stack = { readonly stack?: readonly Layer[] };

/**
 * Makes an app and gives every route of its routers, mounted ones with their whole address. Express keeps no text of where
 * a router was mounted, so it is heard while the app is made.
 */
export async function withRoutes<T>(
  make: () => Promise<T>,
  appOf: (made: T) => Express,
): Promise<readonly [T, Route[]]> {
  const mounts = new Map<unknown, string>();
  const prototype = (express.Router as unknown as { prototype: { use(...args: unknown[]): unknown } }).prototype;
  const { use } = prototype;
  prototype.use = function heard(this: unknown, ...args: unknown[]) {
    const [path] = args;
    if (typeof path === 'string' && path !== '/') for (const handler of args.slice(1).flat()) mounts.set(handler, path);
    return use.apply(this, args);
  };
  try {
    const made = await make();
    const { router } = appOf(made) as unknown as { router: Router };
    return [made, routesIn(router as unknown as Stack, '', mounts)];
  } finally {
    prototype.use = use;
  }
}

function routesIn(router: Stack, base: string, mounts: ReadonlyMap<unknown, string>): Route[] {
  return (router.stack ?? []).flatMap((layer): Route[] => {
    const { route, handle } = layer;
    if (route) {
      const methods = Object.keys(route.methods).map((one) => (one === '_all' ? 'POST' : one.toUpperCase()));
      return [route.path].flat().map((path) => ({ path: `${base}${path}`, methods }));
    }
    const inner = handle as Stack;
    return Array.isArray(inner.stack) ? routesIn(inner, `${base}${mounts.get(handle) ?? ''}`, mounts) : [];
  });
}
