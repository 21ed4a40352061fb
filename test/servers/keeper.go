package servers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Keeper is a mail server that keeps the messages it takes, so that a test can read them back. It knows the
// recipients ValidUser(0) to ValidUser(Recipients/2-1) of one Domain. Its limits on sizes are off or far away, since
// they are not what it is there for; the others are as it is shipped, if its kind does not say more.
type Keeper struct {
	Name        string        // for people, and as a test's name: "Postfix"
	Domain      string        // of its recipients; another for each kind
	Host        string        // the name that its Received field says it is
	Destination string        // as the key destinations of callout.toml has it
	Addr        string        // host:port
	Log         func() string // what it has logged so far

	mail string // folder that has the users' Maildirs, each under the user's name
	// pending counts the messages that it has accepted and not delivered yet; nil where it delivers before it accepts.
	pending func() int
}

// Kept returns the messages of a user once all that was accepted is delivered. Their line ends, which servers keep
// as LF, are CRLF again.
func (k *Keeper) Kept(t testing.TB, user string) []string {
	t.Helper()
	k.AwaitDelivery(t)
	all := messages(t, filepath.Join(k.mail, user, "new"))
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "\n", "\r\n")
	}
	return all
}

// KeptOfAll is Kept for all users together.
func (k *Keeper) KeptOfAll(t testing.TB) []string {
	t.Helper()
	var all []string
	users, err := os.ReadDir(k.mail)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range users {
		all = append(all, k.Kept(t, user.Name())...)
	}
	return all
}

// AwaitDelivery waits until every message that was accepted is in its mailbox.
func (k *Keeper) AwaitDelivery(t testing.TB) {
	t.Helper()
	if k.pending == nil {
		return
	}
	Eventually(t, time.Minute, k.Name+" has delivered what it accepted", func() bool { return k.pending() == 0 })
}

// filesIn counts the files in folders and below. A file that goes away meanwhile is none.
func filesIn(folders ...string) int {
	n := 0
	for _, folder := range folders {
		filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				n++
			}
			return nil
		})
	}
	return n
}
