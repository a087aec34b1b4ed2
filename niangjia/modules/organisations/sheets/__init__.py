"""The sheets of this room that the importer takes: unions, employers, officers."""
