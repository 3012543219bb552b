import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';

/** Attributes of our spans: ids, states and codes only, as in the log. */
export type SpanFields = Attributes;

const tracerName = 'kortelijn';
const written = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** W3C Trace Context, its traceparent alone: tracestate and baggage are other people's texts, and go no further. */
const traceContext: TextMapPropagator = {
  fields: () => ['traceparent'],
  inject: (from, carrier, setter) => {
    const span = trace.getSpanContext(from);
    if (!span) return;
    const flags = span.traceFlags.toString(16).padStart(2, '0');
    setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-${flags}`);
  },
  extract: (from, carrier, getter) => {
    const found = getter.get(carrier, 'traceparent');
    const [, traceId, spanId, flags] = written.exec(Array.isArray(found) ? (found[0] ?? '') : (found ?? '')) ?? [];
    if (!traceId || !spanId || !flags) return from;
    const traceFlags = Number.parseInt(flags, 16);
    return trace.setSpanContext(from, { traceId, spanId, traceFlags, isRemote: true });
  },
};

function contextOf(traceparent: string | null | undefined): Context {
  return traceparent ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
}

/** The trace that is being worked in, as the header traceparent; undefined outside of one, and when nothing is traced. */
export function traceparentNow(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** A span that its maker ends; `within` does work as part of it. */
export interface OpenSpan {
  within<T>(work: () => T): T;
  /** `failed` marks it; a code says why, never a text. */
  end(fields: SpanFields, failed?: boolean): void;
}

/**
 * Opens a span as part of the trace that `traceparent` names, else as the first of a new one; what was being worked in is
 * linked to it. Costs next to nothing when nothing is traced.
 */
export function openSpan(name: string, kind: 'server' | 'client', traceparent?: string | null): OpenSpan {
  const parent = contextOf(traceparent);
  const around = trace.getSpanContext(context.active());
  const span = trace.getTracer(tracerName).startSpan(
    name,
    {
      kind: kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
      ...(around && { links: [{ context: around }] }),
    },
    parent,
  );
  const inside = trace.setSpan(parent, span);
  return {
    within: (work) => context.with(inside, work),
    end: (fields, failed = false) => {
      span.setAttributes(fields);
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/**
 * Sends spans to a collector (OTLP over HTTP), until it is closed. The SDK is loaded here and nowhere else: whoever does
 * not trace does not load it.
 */
export async function openTracing(endpoint: string): Promise<{ close(): Promise<void> }> {
  const [{ TracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, made] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
    ]).catch((error: { code?: string }) => {
      throw new Error(
        `OTEL_EXPORTER_OTLP_ENDPOINT is set and the packages of OpenTelemetry are not there (${error.code})`,
      );
    });
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: made.resourceFromAttributes({ 'service.name': tracerName }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(traceContext);
  trace.setGlobalTracerProvider(provider);
  return {
    close: async () => {
      await provider.shutdown();
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };
}
