package config

// DataDir returns the data_dir of a file, whatever else is wrong with it: a server goes on with the configuration that it
// has while its file is being changed, and can be talked to meanwhile. ok is false where the file does not say.
func DataDir(path string) (dir string, ok bool) {
	data, err := readFile(path)
	if err != nil || len(data) > maxFile {
		return "", false
	}
	found := &problems{doc: document{name: path, data: data}}
	root, whole := readTOML(found)
	e, has := root.find("data_dir")
	if !has {
		return Default().DataDir, whole
	}
	dir, err = parseDataDir(e.node.text)
	return dir, e.node.kind == isText && err == nil
}
