"""Sheet files as people have them: read row by row as text, written so that nothing in them runs.

Everything that can't be read is said with a `Refused` whose sentence tells what to do with the file.
"""
