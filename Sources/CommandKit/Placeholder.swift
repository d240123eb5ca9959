// The sources of CommandKit.
