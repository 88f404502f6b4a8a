DROP TABLE used_authorizations;
DROP TABLE identities;
