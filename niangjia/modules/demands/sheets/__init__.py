"""The sheet of this room that the importer takes."""
