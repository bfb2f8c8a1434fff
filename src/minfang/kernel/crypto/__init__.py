"""SM2, SM3 and SM4 behind one provider interface; encrypted model fields; blind indexes."""
