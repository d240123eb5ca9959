// The tests of Posters.
