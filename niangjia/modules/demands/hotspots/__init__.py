"""热点: many different people asking the same thing at the same place. What stands here knows no database."""
