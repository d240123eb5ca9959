// The tests of DelimitedText.
