// The tests of VenueRegistry.
