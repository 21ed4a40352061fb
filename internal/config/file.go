package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// maxPath is the longest path of a file in octets (PATH_MAX with its NUL is 4,096).
const maxPath = 4095

var errNotRegular = errors.New("it is not a regular file")

// tooLarge is the error for a file of more octets.
type tooLarge int64

func (t tooLarge) Error() string { return fmt.Sprintf("it is larger than %d MiB", int64(t)>>20) }

// badPath says what is wrong with the path of a file that a document names, "" where nothing is.
func badPath(path string) string {
	switch {
	case path == "":
		return "names no file; write its path"
	case len(path) > maxPath:
		return "is too long for a path; choose a shorter one"
	case strings.ContainsFunc(path, unicode.IsControl):
		return "has a control character; remove it"
	}
	return ""
}

// within returns a path as it is seen from a folder.
func within(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// checkRegular reports what keeps a file from being read: a named pipe would keep the program waiting, a device never
// end.
func checkRegular(path string, most int64) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errNotRegular
	case info.Size() > most:
		return tooLarge(most)
	}
	return nil
}

// readRegular reads a file of at most that many octets.
func readRegular(path string, most int64) ([]byte, error) {
	if err := checkRegular(path, most); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = tooLarge(most)
	}
	return data, err
}

// fileMend says what is wrong with a file that the document names, and what to do. The path is for the caller to say.
func fileMend(err error) string {
	mend := "make it readable, or name another"
	switch large := tooLarge(0); {
	case errors.Is(err, fs.ErrNotExist):
		mend = "create it, or name another"
	case errors.Is(err, fs.ErrPermission):
		mend = "let the user who runs callout read it"
	case errors.Is(err, errNotRegular):
		mend = "name one"
	case errors.As(err, &large):
		mend = "name a smaller one"
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err // the path is said already
	}
	return err.Error() + "; " + mend
}
