// The sources of ExposureStorage.
