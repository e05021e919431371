"""Wire formats to domain and back, routes, and the front door. The only room that knows Flask and Granian."""
