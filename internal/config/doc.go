// Package config owns callout.toml: it reads the file, checks every word of it, and makes a Config.
//
// One table, schema, says which keys there are, what each takes, and where it may stand. The file becomes a
// tree of nodes that know where they were written (readTOML); the tree is walked along the table (reader), and
// whatever does not fit is a Problem with file, line, column and the mend. What several keys of a table say together
// is judged when all of them are known (later). A domain that was added at run time is JSON with the same keys and
// goes the same way (readJSON, BuildDomain), so it is judged in the same words.
//
// Files that the document names, of certificates and of local recipients, are read with it, so that a Config is
// whole or there is none. A problem in one of them names that file.
//
// The package opens no listener and asks no destination. Keys that this version can't follow yet are refused
// unless they say their default: a key that is read and silently ignored would be worse.
package config
