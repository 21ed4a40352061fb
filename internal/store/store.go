package store

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound says that the named domain is not in the store.
var ErrNotFound = errors.New("not in the store")

// Status is what a stored verdict says of its recipient. An unknown is never stored.
type Status uint8

// The two statuses that are kept.
const (
	Valid   Status = 1
	Invalid Status = 2
)

// String returns "valid" or "invalid".
func (s Status) String() string {
	switch s {
	case Valid:
		return "valid"
	case Invalid:
		return "invalid"
	}
	return "unknown"
}

// Verdict is what one recipient's destination said of it. Domain, Local, Generation identify it: there is one
// row for each spelling of a local-part within a generation of its domain.
type Verdict struct {
	Domain     string // lower-case A-labels
	Local      string // the local-part as it was asked, in the form it has on the wire
	Status     Status
	Generation uint64    // of the domain, when the callout began
	Epoch      uint64    // of the domain, likewise
	Asked      time.Time // when the destination answered; kept to the millisecond
	Expires    time.Time // from then on the row may be purged; kept to the millisecond
	Code       int       // reply code, 200 to 599
	Enhanced   string    // enhanced status code, "" where the reply had none
	Text       string    // the reply's text, at most 2,000 octets
	Host       string    // host:port that said so
}

// DomainFact is what is known of a domain as a whole. There is one row for each domain. Its times are kept to
// the millisecond.
type DomainFact struct {
	Domain     string
	Generation uint64
	Epoch      uint64
	Rejected   time.Time // when it last rejected a recipient or a probe; zero for never
	Expires    time.Time // from then on the row may be purged

	// What the last usable answer to a probe said. Asked is zero where there was none.
	CatchAll bool
	Turned   bool // it became a catch-all though it had rejected recipients not long before
	Asked    time.Time
	Code     int
	Enhanced string
	Text     string
	Host     string
}

// HostFact is one thing that was learned of a destination host. Host and Kind identify it. Its times are kept to
// the millisecond.
type HostFact struct {
	Host    string // IP address and port
	Kind    string
	N       int
	Reply   string
	Learned time.Time
	Expires time.Time // from then on the row may be purged; zero in a Batch deletes it
}

// Epoch counts the changes of what is asked for a domain. An invalid verdict and a DomainFact count only while
// their epoch equals the domain's; a valid verdict counts in later ones too.
type Epoch struct {
	Number uint64
	Asked  string // what is asked, in words that are equal while it is the same
}

// Pause is a time in which nothing is enforced.
type Pause struct {
	Domain string    // "" for every domain
	Since  time.Time // kept to the millisecond
	Until  time.Time // zero: until it is ended
}

// Count is how many verdicts there are.
type Count struct{ Valid, Invalid int }

// Batch is what one Write stores.
type Batch struct {
	Verdicts []Verdict
	Facts    []DomainFact
	Hosts    []HostFact
}

// Domain is a domain that was added at run time. Spec is its settings as JSON, in the words of a [[domain]]
// of the configuration file; the store does not look into it.
type Domain struct {
	Name string
	Spec []byte
}

// Generations are the numbers by which verdicts are cleared. A row counts only when its generation equals
// Of(domain).
type Generations struct {
	All     uint64            // set by the last clear of everything, 0 before the first
	Domains map[string]uint64 // set by the last clear of one domain
}

// Of returns the generation that is current for a domain: the newer of its own and that of everything.
func (g Generations) Of(domain string) uint64 { return max(g.All, g.Domains[domain]) }

// Query selects verdicts of one domain for a listing, in the order of their local-parts.
type Query struct {
	Domain       string
	Status       Status    // 0 lists both
	Prefix       string    // only local-parts that begin with it, ASCII case ignored
	Text         string    // only local-parts that contain it, likewise
	ValidSince   time.Time // valid verdicts asked before are left out
	InvalidSince time.Time // invalid verdicts asked before are left out
	Limit        int       // rows at most, 1 to 1,000; what lies outside counts as the nearer of the two
	// Cursor is where the page begins, or with Back where it ends: a place between two rows, as List returns them. A
	// page and the one before it have that of the page in common. "" is the first page, or with Back the last one.
	Cursor string
	Back   bool
}

// ErrCursor says that a cursor was not one that List returned.
var ErrCursor = errors.New("bad cursor")

// Store keeps what outlives a restart. Its methods may be called from any goroutine. What PutDomain,
// DeleteDomain and the Clear methods did is durable when they return without error. A zero time comes back as
// one.
type Store interface {
	// Generations returns all generation numbers.
	Generations(ctx context.Context) (Generations, error)

	// Domains returns every stored domain, in the order of their names.
	Domains(ctx context.Context) ([]Domain, error)
	// PutDomain adds or replaces a domain.
	PutDomain(ctx context.Context, d Domain) error
	// DeleteDomain removes a domain with its local recipients and its pause and, by a new generation number
	// that it returns, all that is known of it. The error is ErrNotFound where there is no such domain.
	DeleteDomain(ctx context.Context, name string) (generation uint64, err error)

	// Epochs returns the epoch of every domain that ever had one set.
	Epochs(ctx context.Context) (map[string]Epoch, error)
	// SetAsked says what is asked for domains, by their names. A domain for which something else was asked
	// before begins a new epoch, which voids its invalid verdicts and its fact; one that had none set has
	// epoch 0. Epochs outlive DeleteDomain. It returns the epochs of those domains. All are set or none; they are
	// durable when it returns.
	SetAsked(ctx context.Context, asked map[string]string) (map[string]Epoch, error)
	// NewEpoch begins a new epoch for domains, by their names, though the same is asked as before, likewise; where
	// nothing was set before, that is "". It takes a time that does not depend on how much is stored for them.
	NewEpoch(ctx context.Context, domains []string) (map[string]Epoch, error)

	// Recipients calls yield with every local recipient of every domain, in the order of the domains and
	// entries, until yield returns an error, which is returned as it is. yield does not call the Store.
	Recipients(ctx context.Context, yield func(domain, entry string) error) error
	// ChangeRecipients adds and then removes local recipients of a domain, all or none, and returns how many
	// were new and how many were there. The entries are kept as they are; the domain need not be one that is
	// stored. It is durable when it returns.
	ChangeRecipients(ctx context.Context, domain string, add, remove []string) (added, removed int, err error)
	// SetRecipients replaces all local recipients of a domain, likewise.
	SetRecipients(ctx context.Context, domain string, entries []string) error

	// Pauses returns all pauses, those that are over too, in the order of their domains.
	Pauses(ctx context.Context) ([]Pause, error)
	// SetPause sets the pause of a domain, or of every domain, in place of the one it had. Durable on return.
	SetPause(ctx context.Context, p Pause) error
	// DeletePause ends it; was is false where there was none.
	DeletePause(ctx context.Context, domain string) (was bool, err error)

	// HostFacts returns what was learned of hosts and has not expired by now, in the order of hosts and kinds.
	HostFacts(ctx context.Context) ([]HostFact, error)

	// Write stores a batch, all or none. A row replaces the one with the same identity, but a verdict of an older
	// epoch leaves one that counts alone. Rows of a generation or, but for valid verdicts, an epoch that has
	// passed are taken without error and never seen.
	Write(ctx context.Context, batch Batch) error
	// Lookup returns the verdicts of the current generation and epoch for every ASCII-case spelling of a
	// local-part, newest first, MaxSpellings at most: of more, the oldest invalid ones are left out.
	Lookup(ctx context.Context, domain, local string) ([]Verdict, error)
	// DomainFact returns what is known of a domain in its current generation and epoch; ok is false where
	// nothing is.
	DomainFact(ctx context.Context, domain string) (fact DomainFact, ok bool, err error)
	// List returns a page of verdicts of the current generation and epoch and the cursor of the next page, or with Back
	// of the one before, "" where there is none. The rows are in the same order either way. A page that is not the last
	// may be short, even empty, where Text or a time leaves much out. The error wraps ErrCursor for a cursor of another
	// making.
	List(ctx context.Context, q Query) (page []Verdict, next string, err error)

	// Counts returns how many verdicts of the current generation and epoch are stored for each domain that has
	// any, those that have expired and are not purged yet too. It takes a time that depends on the number of domains, not
	// on that of verdicts.
	Counts(ctx context.Context) (map[string]Count, error)
	// Count is Counts for one domain.
	Count(ctx context.Context, domain string) (Count, error)

	// ClearRecipient removes the verdicts of every ASCII-case spelling of a local-part; n is their number.
	ClearRecipient(ctx context.Context, domain, local string) (n int, err error)
	// ClearDomain gives a domain a new generation number, in a time that does not depend on how much is
	// stored for it.
	ClearDomain(ctx context.Context, domain string) (generation uint64, err error)
	// ClearAll gives everything a new generation number, likewise.
	ClearAll(ctx context.Context) (generation uint64, err error)

	// Purge deletes rows that nothing can see any more, because they expired before now or were cleared:
	// limit of them at most, or fewer, so that a call never holds up the writer for long. Rows of an epoch that
	// has passed may wait until they expire. more says whether there may be others.
	Purge(ctx context.Context, now time.Time, limit int) (more bool, err error)

	// Close waits for what is under way and closes the store.
	Close() error
}

// A Scanner is a Store that nobody writes verdicts to but the Behind in front of it, and that can tell of whom it has
// any.
type Scanner interface {
	// Scan calls yield with the domain and the local-part of every stored verdict, those of passed generations and
	// epochs too, in no particular order and maybe in lower case. Of those written or removed meanwhile it may tell or
	// not. yield may call the Store.
	Scan(ctx context.Context, yield func(domain, local string)) error
}
