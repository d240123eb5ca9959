// The sources of CrossMatch.
