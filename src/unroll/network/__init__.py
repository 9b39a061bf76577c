"""The science: recurrent cells written out by hand, their training, and what can be seen inside. Torch, no screen."""
