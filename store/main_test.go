package store_test

import (
	"testing"

	"github.com/hotcell/hotcell/store"
	"github.com/hotcell/hotcell/store/storetest"
)

func TestMain(m *testing.M) {
	store.SetOpener(func(t testing.TB) *store.Store { return storetest.Open(t, storetest.Server(t)) })
	storetest.Main(m)
}
