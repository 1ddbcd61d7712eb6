// An organisation's number (FINESS), in groups as it is printed: 75 000 001 7.

export const grouped = (finess) => finess.replace(/(..)(...)(...)(.)/, "$1 $2 $3 $4");
