// The sources of DelimitedText.
