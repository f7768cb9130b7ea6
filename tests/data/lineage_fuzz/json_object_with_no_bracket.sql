RE�TE VIEW v AS�SELECT json_object('a' : t.a, KEY 
b' VALUE t.b ABSENT ON ULL) AS o, json_queryt.c FORMAT JSON, 'lax $' 