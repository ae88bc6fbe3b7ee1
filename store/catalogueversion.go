package store

import "context"

// CatalogueVersion gives the version that Catalogue would give, without reading
// the catalogue itself.
func (s *Store) CatalogueVersion(ctx context.Context) (string, error) {
	return s.catalogueVersion(ctx)
}
