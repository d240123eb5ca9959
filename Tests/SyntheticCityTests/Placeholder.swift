// The tests of SyntheticCity.
