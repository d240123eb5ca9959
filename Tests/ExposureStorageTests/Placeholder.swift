// The tests of ExposureStorage.
