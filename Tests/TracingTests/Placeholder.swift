// The tests of Tracing.
