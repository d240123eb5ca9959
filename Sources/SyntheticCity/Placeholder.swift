// The sources of SyntheticCity.
