"""Triage: what a message is about, learnt from the choices of officers.

Reading, predicting and scoring know no Django; only `learning` imports scikit-learn, and only while it learns.
"""
