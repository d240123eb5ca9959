// The tests of CrossMatch.
