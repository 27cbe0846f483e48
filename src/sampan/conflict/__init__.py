"""Hard rules that exclude each other: a smallest set of them, in the tables' own words.

Scarcity never makes a network infeasible: demands may stay short and soft rules may be broken.
Only requirements (firm commitments, hard reserves, hard pledges) can fail, because of limits,
of what there is, or of each other.

1. The network is built once more with everything that can be dropped made droppable:
   closed lanes open, processes without limit, supply for sale where there is some.
2. The least breach of the requirements, as a linear program, shows by its duals which limits
   matter at all (Farkas's lemma); the others are dropped at once.
3. Each remaining rule is dropped for good if the rest still contradict each other without it
   (the deletion filter of Chinneck & Dravnieks 1991, Locating minimal infeasible constraint
   sets in linear programs). What is left is irreducible: drop any one and the rest agree.
"""

from sampan.conflict.search import smallest_conflict

__all__ = ["smallest_conflict"]
