//! Links between repositories and between projects; entities and relationships made by hand.
