// The sources of VenueRegistry.
