// The sources of Posters.
