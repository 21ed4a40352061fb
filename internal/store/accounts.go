package store

import (
	"context"
	"time"
)

// User is someone who may log in. Name identifies it. Its times are kept to the millisecond.
type User struct {
	Name        string
	Role        string
	Domains     []string
	Password    string // as a hash; the store does not look into it
	Created     time.Time
	PasswordSet time.Time
	LastLogin   time.Time // zero: never
}

// Token is what a program shows instead of logging in. ID identifies it. Its times are kept to the millisecond.
type Token struct {
	ID       string
	Label    string
	Owner    string // name of a user, "" for none
	Role     string
	Domains  []string
	Write    bool
	Secret   [32]byte // SHA-256 of the secret, which is kept nowhere
	Created  time.Time
	Expires  time.Time // zero: never
	LastUsed time.Time // zero: never
}

// Session is a login of a user in a browser. Token identifies it.
type Session struct {
	Token   string // a hash of what the browser shows
	User    string
	Data    []byte
	Expires time.Time // from then on the row may be purged; kept to the millisecond
}

// SessionBounds are how many sessions there are at most; beyond them the oldest go.
type SessionBounds struct{ User, All int }

// Used tells when users logged in and tokens were used last, by name and by ID.
type Used struct{ Users, Tokens map[string]time.Time }

// AuditEvent is one line of the audit log: who did what, or was refused.
type AuditEvent struct {
	ID      int64 // set by the store, rising
	At      time.Time
	Who     string
	Via     string
	From    string
	Token   string
	Action  string
	Target  string
	Detail  string
	Refused bool
}

// AuditBounds are how many lines the audit log has at most of what was done and of what was refused; beyond them the
// oldest of their kind go, so that who is refused over and over pushes out no more than other refusals.
type AuditBounds struct{ Done, Refused int }

// AuditQuery selects lines of the audit log.
type AuditQuery struct {
	Text    string // only those that have it in Who, Action, Target or From, ASCII case ignored
	Refused *bool  // nil: both
	Limit   int    // rows at most, 1 to 1,000; what lies outside counts as the nearer of the two
	Cursor  string // where the last page ended, "" for the first
}

// Accounts keeps who may do what, and what they did. Its methods may be called from any goroutine. What they change
// is durable when they return without error. A zero time comes back as one.
type Accounts interface {
	// Users returns every user, in the order of their names.
	Users(ctx context.Context) ([]User, error)
	// PutUser adds a user, or replaces all of one but Created and LastLogin.
	PutUser(ctx context.Context, u User) error
	// DeleteUser removes a user with its tokens and sessions. The error is ErrNotFound where there is none.
	DeleteUser(ctx context.Context, name string) error

	// Tokens returns every token, in the order of their IDs.
	Tokens(ctx context.Context) ([]Token, error)
	// AddToken adds a token. An ID or a secret that is there already is an error.
	AddToken(ctx context.Context, t Token) error
	// DeleteToken removes a token. The error is ErrNotFound where there is none.
	DeleteToken(ctx context.Context, id string) error

	// SetUsed notes when users and tokens were last used. Those that are gone are passed over.
	SetUsed(ctx context.Context, used Used) error

	// Session returns a session, expired or not; ok is false where there is none.
	Session(ctx context.Context, token string) (s Session, ok bool, err error)
	// AddSession adds a session, and removes the oldest beyond the bounds.
	AddSession(ctx context.Context, s Session, bounds SessionBounds) error
	// RenewSession replaces a session's data and expiry. One that has ended meanwhile stays so, without error.
	RenewSession(ctx context.Context, s Session) error
	// DeleteSession ends a session. Where there is none it does nothing.
	DeleteSession(ctx context.Context, token string) error
	// DeleteSessions ends all sessions of a user.
	DeleteSessions(ctx context.Context, user string) error

	// AddAudit adds a line to the audit log, and removes the oldest of its kind beyond the bounds.
	AddAudit(ctx context.Context, e AuditEvent, bounds AuditBounds) error
	// Audit returns a page of the audit log, newest first, and the cursor of the next page, "" after the last. A page
	// before the last may be short, even empty, where the filter leaves much out. The error wraps ErrCursor for a
	// cursor of another making.
	Audit(ctx context.Context, q AuditQuery) (page []AuditEvent, next string, err error)

	// PurgeAccounts deletes sessions that expired before now and lines of the audit log from before audit, those of
	// refusals first: limit of them at most. more says whether there may be others.
	PurgeAccounts(ctx context.Context, now, audit time.Time, limit int) (more bool, err error)
}
