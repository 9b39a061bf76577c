"""What a network is asked to learn, as plain integers: the tasks, their sequences and the right answers."""

from unroll.tasks.base import TASKS, Item, Parts, Task, answer, items, parts, sequences

__all__ = ["TASKS", "Item", "Parts", "Task", "answer", "items", "parts", "sequences"]
