// The tests of Bluetooth.
