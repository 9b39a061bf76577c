"""A terminal playground for recurrent neural networks.

Empty of imports on purpose: one re-export here would put torch in the terminal's process.
"""
