"""How requests travel. Everything above this folder knows `seam.Transport` alone; nothing here knows questions."""
