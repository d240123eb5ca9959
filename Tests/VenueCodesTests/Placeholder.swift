// The tests of VenueCodes.
