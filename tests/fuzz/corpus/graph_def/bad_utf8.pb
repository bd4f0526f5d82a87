


ÿConst