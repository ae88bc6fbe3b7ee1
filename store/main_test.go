package store_test

import (
	"testing"

	"github.com/hotcell/hotcell/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
