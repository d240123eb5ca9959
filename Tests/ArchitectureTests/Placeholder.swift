// The tests of Architecture.
