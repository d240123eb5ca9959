// The tests of CommandKit.
