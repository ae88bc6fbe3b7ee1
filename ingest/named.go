package ingest

import "context"

// LoadAs takes in the file at path under another name: the one that stands in
// messages and rejects, and that gives the time where the profile finds it in file
// names. It is for content that was received and spooled. See Load.
func (l *Loader) LoadAs(ctx context.Context, feed Feed, p *Profile, path, name string) (Account, error) {
	return l.load(ctx, feed, p, path, name)
}
