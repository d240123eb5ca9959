// The sources of Tracing.
