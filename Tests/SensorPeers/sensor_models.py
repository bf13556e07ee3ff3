"""Holds the device models against independent drivers.

The models in simulators/DeviceModels and the drivers in Sources/Drivers come from the same hands; a fact misread twice would
pass unnoticed. Here drivers that others wrote, and that run on real chips, talk to the models over `devicebus` and must
measure what the models were told. Time is virtual: a driver's sleep moves the clock of the bus and takes no time.

usage: sensor_models.py PATH_OF_DEVICEBUS
"""

import subprocess
import sys
import time
import types


class Clock:
    """The virtual clock; replaces `time.sleep` and `time.monotonic` for the drivers."""

    def __init__(self):
        self.nanoseconds = 1_000_000_000

    def sleep(self, seconds):
        self.nanoseconds += max(0, round(seconds * 1e9))

    def monotonic(self):
        return self.nanoseconds / 1e9


clock = Clock()
time.sleep = clock.sleep
time.monotonic = clock.monotonic
time.time = clock.monotonic
# Drivers that can also use pins import this; no board's pins are here.
digitalio = types.ModuleType("digitalio")
for name in ("DigitalInOut", "Direction", "DriveMode", "Pull"):
    setattr(digitalio, name, type(name, (), {"UP": 1, "DOWN": 2, "INPUT": 3, "OUTPUT": 4}))
sys.modules["digitalio"] = digitalio


class DeviceBus:
    """The program that serves the models, with one chip on its bus."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise AssertionError(f"devicebus: {line!r} gave {answer!r}")
        return answer

    def transfer(self, address, data, count):
        """Writes, then reads; raises OSError as Linux does."""
        text = bytes(data).hex() or "-"
        answer = self.ask(f"transfer {clock.nanoseconds} {address:x} {text} {count}")
        clock.nanoseconds += (2 + len(data) + count) * 22_500
        if answer == "notAcknowledged":
            raise OSError(121, "Remote I/O error")
        if not answer.startswith("done"):
            raise OSError(110, "Connection timed out")
        words = answer.split()[1]
        return bytes.fromhex(words) if words != "-" else b""

    def close(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.flush()
        self.process.wait(10)


class CircuitPythonBus:
    """What Adafruit's drivers take for a bus."""

    def __init__(self, bus):
        self.bus = bus

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def scan(self):
        return list(range(8, 120))

    def writeto(self, address, buffer, *, start=0, end=None):
        self.bus.transfer(address, bytes(buffer)[start:end], 0)

    def readfrom_into(self, address, buffer, *, start=0, end=None):
        end = len(buffer) if end is None else end
        buffer[start:end] = self.bus.transfer(address, b"", end - start)

    def writeto_then_readfrom(
        self, address, out, into, *, out_start=0, out_end=None, in_start=0, in_end=None
    ):
        in_end = len(into) if in_end is None else in_end
        into[in_start:in_end] = self.bus.transfer(address, bytes(out)[out_start:out_end], in_end - in_start)


class SMBus:
    """What drivers on smbus2 take for a bus."""

    def __init__(self, bus):
        self.bus = bus

    def read_byte_data(self, address, register):
        return self.bus.transfer(address, [register], 1)[0]

    def read_word_data(self, address, register):
        low, high = self.bus.transfer(address, [register], 2)
        return low | high << 8

    def write_byte_data(self, address, register, value):
        self.bus.transfer(address, [register, value], 0)

    def read_i2c_block_data(self, address, register, count):
        return list(self.bus.transfer(address, [register], count))


class SensirionTransceiver:
    """What Sensirion's drivers take for a bus (transceiver API 1)."""

    API_VERSION = 1
    STATUS_OK, STATUS_CHANNEL_DISABLED, STATUS_NACK, STATUS_TIMEOUT = 0, 1, 2, 3

    def __init__(self, bus):
        self.bus = bus

    @property
    def description(self):
        return "devicebus"

    @property
    def channel_count(self):
        return None

    def transceive(self, slave_address, tx_data, rx_length, read_delay, timeout):
        try:
            data = b""
            if tx_data is not None:
                self.bus.transfer(slave_address, tx_data, 0)
            clock.sleep(read_delay)
            if rx_length is not None:
                data = self.bus.transfer(slave_address, b"", rx_length)
            return self.STATUS_OK, None, data
        except OSError as error:
            return self.STATUS_NACK, error, b""


passed = failed = 0


def near(what, value, expected, tolerance):
    global passed, failed
    if abs(value - expected) <= tolerance:
        passed += 1
        print(f"ok      {what}: {value:g}")
    else:
        failed += 1
        print(f"FAILED  {what}: {value:g}, not {expected:g} within {tolerance:g}")


def refuses(what, action):
    global passed, failed
    try:
        action()
    except (RuntimeError, ValueError, OSError, AttributeError) as error:
        passed += 1
        print(f"ok      {what}: {type(error).__name__}")
    else:
        failed += 1
        print(f"FAILED  {what}: was accepted")


def check_ads1115(bus):
    from adafruit_ads1x15 import ADS1115, AnalogIn, ads1x15

    bus.ask("add 48 ads1115")
    for channel, microvolts in enumerate((1_250_000, 0, 3_300_000, 2_500)):
        bus.ask(f"set 48 input{channel} {microvolts}")
    converter = ADS1115(CircuitPythonBus(bus))
    for gain in (2 / 3, 1):
        converter.gain = gain
        for channel, volts in enumerate((1.25, 0, 3.3, 0.0025)):
            near(f"ADS1115 gain {gain:.2f} input {channel} (V)", AnalogIn(converter, channel).voltage, volts, 0.0002)
    near("ADS1115 input 0 - input 1 (V)", AnalogIn(converter, 0, 1).voltage, 1.25, 0.0002)
    converter.gain = 16
    near("ADS1115 gain 16 input 3 (V)", AnalogIn(converter, 3).voltage, 0.0025, 0.00001)
    converter.mode = ads1x15.Mode.CONTINUOUS
    bus.ask("set 48 input3 100000")
    # In this mode the driver writes its settings only when the input changes.
    AnalogIn(converter, 2).voltage
    near("ADS1115 continuous input 3 (V)", AnalogIn(converter, 3).voltage, 0.1, 0.00001)
    bus.ask("set 48 input3 150000")
    clock.sleep(0.02)
    near("ADS1115 continuous input 3, changed (V)", AnalogIn(converter, 3).voltage, 0.15, 0.00001)


def check_bme280(bus):
    import bme280 as rpi_bme280
    from adafruit_bme280 import advanced

    for celsius, percent, hectopascals in ((23.45, 41.0, 987.65), (-12.3, 88.0, 1032.1), (51.0, 12.0, 903.2)):
        bus.ask("add 76 bme280")
        bus.ask(f"set 76 temperature {round(celsius * 1000)}")
        bus.ask(f"set 76 humidity {round(percent * 1000)}")
        bus.ask(f"set 76 pressure {round(hectopascals * 100)}")

        sensor = advanced.Adafruit_BME280_I2C(CircuitPythonBus(bus), 0x76)
        near("BME280 Adafruit temperature (C)", sensor.temperature, celsius, 0.02)
        near("BME280 Adafruit humidity (%)", sensor.relative_humidity, percent, 0.15)
        near("BME280 Adafruit pressure (hPa)", sensor.pressure, hectopascals, 0.06)

        smbus = SMBus(bus)
        sample = rpi_bme280.sample(smbus, 0x76, rpi_bme280.load_calibration_params(smbus, 0x76))
        near("BME280 RPi.bme280 temperature (C)", sample.temperature, celsius, 0.02)
        near("BME280 RPi.bme280 humidity (%)", sample.humidity, percent, 0.15)
        near("BME280 RPi.bme280 pressure (hPa)", sample.pressure, hectopascals, 0.06)

    sensor.mode = advanced.MODE_NORMAL
    sensor.standby_period = advanced.STANDBY_TC_10
    sensor.iir_filter = advanced.IIR_FILTER_X16
    bus.ask("set 76 temperature 20000")
    clock.sleep(20)
    near("BME280 normal mode with filter (C)", sensor.temperature, 20, 0.02)
    bus.ask("defect 76 identity 1")
    refuses("BME280 of another identity", lambda: advanced.Adafruit_BME280_I2C(CircuitPythonBus(bus), 0x76))


def check_bmp280(bus):
    import adafruit_bmp280

    bus.ask("add 77 bmp280")
    bus.ask("set 77 temperature -3210")
    bus.ask("set 77 pressure 101900")
    sensor = adafruit_bmp280.Adafruit_BMP280_I2C(CircuitPythonBus(bus))
    near("BMP280 temperature (C)", sensor.temperature, -3.21, 0.02)
    near("BMP280 pressure (hPa)", sensor.pressure, 1019.0, 0.06)
    bus.ask("defect 77 identity 1")
    refuses("BMP280 of another identity", lambda: adafruit_bmp280.Adafruit_BMP280_I2C(CircuitPythonBus(bus)))


GRAVITY = 9.80665


def set_acceleration(bus, address, milligravity):
    for axis, value in zip("xyz", milligravity):
        bus.ask(f"set {address:x} acceleration-{axis} {value}")


def check_adxl345(bus):
    import adafruit_adxl34x

    bus.ask("add 53 adxl345")
    sensor = adafruit_adxl34x.ADXL345(CircuitPythonBus(bus))
    for milligravity in ((0, 0, 1000), (-1000, 500, 250), (1500, -1750, 125)):
        set_acceleration(bus, 0x53, milligravity)
        for bits in (adafruit_adxl34x.Range.RANGE_2_G, adafruit_adxl34x.Range.RANGE_16_G):
            sensor.range = bits
            clock.sleep(0.1)
            # The driver sets full resolution, so a code is 3.90625 mg in every range.
            codes = [int.from_bytes(sensor._read_register(0x32 + 2 * axis, 2), "little", signed=True) for axis in range(3)]
            for axis, code, expected in zip("xyz", codes, milligravity):
                near(f"ADXL345 range {bits} {axis} (mg)", code * 3.90625, expected, 6)
    sensor.range = adafruit_adxl34x.Range.RANGE_2_G
    set_acceleration(bus, 0x53, (0, 0, 1000))
    clock.sleep(0.1)
    # Its 4 mg are 2.4 % above the data sheet's 3.90625.
    near("ADXL345 z (m/s2)", sensor.acceleration[2], GRAVITY * 1.024, 0.1)
    sensor.offset = 0, 0, -64
    clock.sleep(0.1)
    near("ADXL345 z with offset (m/s2)", sensor.acceleration[2], 0, 0.1)


def check_lis3dh(bus):
    import adafruit_lis3dh

    bus.ask("add 18 lis3dh")
    sensor = adafruit_lis3dh.LIS3DH_I2C(CircuitPythonBus(bus))
    for bits in (adafruit_lis3dh.RANGE_2_G, adafruit_lis3dh.RANGE_4_G, adafruit_lis3dh.RANGE_8_G):
        sensor.range = bits
        for milligravity in ((0, 0, 1000), (-700, 700, 64)):
            set_acceleration(bus, 0x18, milligravity)
            clock.sleep(0.1)
            for axis, value, expected in zip("xyz", sensor.acceleration, milligravity):
                # The driver reckons with 16380 counts a g, ST's data sheet with 16 counts of 1 mg.
                near(f"LIS3DH range {bits} {axis} (m/s2)", value, expected / 1023.75 * GRAVITY, 0.09)
    sensor.range = adafruit_lis3dh.RANGE_16_G
    set_acceleration(bus, 0x18, (0, 0, 1200))
    clock.sleep(0.1)
    # The driver divides by 1365 counts a g (12 mg a count) and ST's 16 bits.
    near("LIS3DH 16 g z (m/s2)", sensor.acceleration[2], 1.2 * GRAVITY, 0.3)
    bus.ask("defect 18 identity 1")
    refuses("LIS3DH of another identity", lambda: adafruit_lis3dh.LIS3DH_I2C(CircuitPythonBus(bus)))


def check_mpu6050(bus):
    import math

    import adafruit_mpu6050

    bus.ask("add 68 mpu6050")
    set_acceleration(bus, 0x68, (250, -1000, 125))
    for axis, value in zip("xyz", (12_000, -90_000, 0)):
        bus.ask(f"set 68 rotation-{axis} {value}")
    bus.ask("set 68 temperature 28500")
    sensor = adafruit_mpu6050.MPU6050(CircuitPythonBus(bus))
    for bits in (adafruit_mpu6050.Range.RANGE_2_G, adafruit_mpu6050.Range.RANGE_16_G):
        sensor.accelerometer_range = bits
        clock.sleep(0.1)
        for axis, value, expected in zip("xyz", sensor.acceleration, (0.25, -1, 0.125)):
            near(f"MPU-6050 range {bits} {axis} (m/s2)", value, expected * GRAVITY, 0.03)
    for axis, value, expected in zip("xyz", sensor.gyro, (12, -90, 0)):
        near(f"MPU-6050 rotation {axis} (rad/s)", value, math.radians(expected), 0.003)
    near("MPU-6050 temperature (C)", sensor.temperature, 28.5, 0.02)
    bus.ask("defect 68 identity 1")
    refuses("MPU-6050 of another identity", lambda: adafruit_mpu6050.MPU6050(CircuitPythonBus(bus)))


def check_sht3x(bus):
    import adafruit_sht31d

    bus.ask("add 44 sht3x")
    bus.ask("set 44 temperature 24680")
    bus.ask("set 44 humidity 61000")
    sensor = adafruit_sht31d.SHT31D(CircuitPythonBus(bus))
    near("SHT3x temperature (C)", sensor.temperature, 24.68, 0.01)
    near("SHT3x humidity (%)", sensor.relative_humidity, 61, 0.01)
    near("SHT3x serial number is not blank", sensor.serial_number not in (0, 0xFFFFFFFF), 1, 0)
    sensor.heater = True
    near("SHT3x heater", sensor.heater, 1, 0)
    sensor.heater = False
    near("SHT3x heater", sensor.heater, 0, 0)
    sensor.mode = adafruit_sht31d.MODE_PERIODIC
    sensor.frequency = adafruit_sht31d.FREQUENCY_2
    clock.sleep(3)
    near("SHT3x periodic temperature (C)", sensor.temperature, 24.68, 0.01)


def check_sht4x(bus):
    import adafruit_sht4x

    bus.ask("add 44 sht4x")
    bus.ask("set 44 temperature -12340")
    bus.ask("set 44 humidity 88000")
    sensor = adafruit_sht4x.SHT4x(CircuitPythonBus(bus))
    for mode in (adafruit_sht4x.Mode.NOHEAT_HIGHPRECISION, adafruit_sht4x.Mode.NOHEAT_LOWPRECISION):
        sensor.mode = mode
        temperature, humidity = sensor.measurements
        near(f"SHT4x mode {mode:x} temperature (C)", temperature, -12.34, 0.01)
        near(f"SHT4x mode {mode:x} humidity (%)", humidity, 88, 0.01)
    near("SHT4x serial number is not blank", sensor.serial_number not in (0, 0xFFFFFFFF), 1, 0)


def check_scd4x(bus):
    import adafruit_scd4x

    bus.ask("add 62 scd4x")
    bus.ask("set 62 carbon-dioxide 1234")
    bus.ask("set 62 temperature 22000")
    bus.ask("set 62 humidity 47000")
    sensor = adafruit_scd4x.SCD4X(CircuitPythonBus(bus))
    near("SCD4x serial number has six bytes", len(sensor.serial_number), 6, 0)
    sensor.self_test()
    sensor.altitude = 345
    near("SCD4x altitude (m)", sensor.altitude, 345, 0)
    sensor.temperature_offset = 2.5
    near("SCD4x temperature offset (K)", sensor.temperature_offset, 2.5, 0.01)
    sensor.start_periodic_measurement()
    near("SCD4x not ready at once", sensor.data_ready, 0, 0)
    clock.sleep(5.1)
    near("SCD4x ready after 5 s", sensor.data_ready, 1, 0)
    near("SCD4x carbon dioxide (ppm)", sensor.CO2, 1234, 1)
    # The chip is 4 K warmer than the room and 2.5 K are taken off.
    near("SCD4x temperature (C)", sensor.temperature, 23.5, 0.02)
    near("SCD4x humidity (%)", sensor.relative_humidity, 47, 0.02)
    sensor.stop_periodic_measurement()
    bus.ask("defect 62 self-test 1")
    refuses("SCD4x with a failing self-test", sensor.self_test)


def check_sgp40(bus):
    import adafruit_sgp40

    bus.ask("add 59 sgp40")
    bus.ask("set 59 organic-signal 30500")
    sensor = adafruit_sgp40.SGP40(CircuitPythonBus(bus))
    near("SGP40 raw signal", sensor.raw, 30_500, 5)
    near("SGP40 raw signal, compensated", sensor.measure_raw(10, 75), 30_500, 5)
    bus.ask("defect 59 self-test 1")
    refuses("SGP40 with a failing self-test", lambda: adafruit_sgp40.SGP40(CircuitPythonBus(bus)))


def check_sgp41(bus):
    from sensirion_i2c_driver import I2cConnection
    from sensirion_i2c_sgp4x.sgp41.device import Sgp41I2cDevice

    bus.ask("add 59 sgp41")
    bus.ask("set 59 organic-signal 29000")
    bus.ask("set 59 nitrogen-signal 15800")
    sensor = Sgp41I2cDevice(I2cConnection(SensirionTransceiver(bus)))
    near("SGP41 serial number is not blank", sensor.get_serial_number() not in (0, 0xFFFFFFFFFFFF), 1, 0)
    near("SGP41 conditioning signal", sensor.conditioning().ticks, 29_000, 5)
    organic, nitrogen = sensor.measure_raw(60, 20)
    near("SGP41 organic signal", organic.ticks, 29_000, 5)
    near("SGP41 nitrogen signal", nitrogen.ticks, 15_800, 5)
    near("SGP41 self-test", sensor.measure_test() & 0x0F, 0, 0)
    bus.ask("defect 59 self-test 1")
    near("SGP41 self-test that fails", sensor.measure_test() & 0x0F, 2, 0)


def check_bh1750(bus):
    import adafruit_bh1750

    bus.ask("add 23 bh1750")
    for lux in (320, 3, 45_000, 0):
        bus.ask(f"set 23 light {lux * 1000}")
        sensor = adafruit_bh1750.BH1750(CircuitPythonBus(bus))
        for resolution in (adafruit_bh1750.Resolution.MID, adafruit_bh1750.Resolution.HIGH):
            if resolution == adafruit_bh1750.Resolution.HIGH and lux > 27_000:
                continue
            sensor.resolution = resolution
            clock.sleep(0.5)
            near(f"BH1750 resolution {resolution} (lx)", sensor.lux, lux, max(1.3, lux / 1000))


def check_pmsa003i(bus):
    from adafruit_pm25.i2c import PM25_I2C

    bus.ask("add 12 pmsa003i")
    bus.ask("set 12 particles 35")
    bus.ask(f"power {clock.nanoseconds} 12")
    refuses("PMSA003I that was just switched on", lambda: bus.transfer(0x12, [0], 32))
    # The driver waits up to five seconds for it.
    data = PM25_I2C(CircuitPythonBus(bus), None).read()
    near("PMSA003I PM2.5 (ug/m3)", data["pm25 env"], 35, 0)
    near("PMSA003I PM1.0 (ug/m3)", data["pm10 env"], 23, 0)
    near("PMSA003I PM10 (ug/m3)", data["pm100 env"], 42, 0)
    near("PMSA003I particles over 0.3 um", data["particles 03um"], 6340, 12)


def check_mcp23017(bus):
    from adafruit_mcp230xx.mcp23017 import MCP23017

    bus.ask("add 20 mcp23017")
    bus.ask("set 20 pins 10773")
    expander = MCP23017(CircuitPythonBus(bus))
    near("MCP23017 inputs", expander.gpio, 0x2A15, 0)
    expander.iodir = 0x7F3F
    expander.gpio = 0x8080
    levels, outputs = (int(word) for word in bus.ask("pins 20").split()[1:])
    near("MCP23017 outputs", outputs, 0x80C0, 0)
    near("MCP23017 levels", levels, 0x8080, 0)
    near("MCP23017 all pins", expander.gpio, 0x2A15 & 0x7F3F | 0x8080, 0)
    expander.ipol = 0x0004
    near("MCP23017 inverted input", expander.gpio >> 2 & 1, 0, 0)
    expander.interrupt_enable = 0x0001
    bus.ask("set 20 pins 10772")
    near("MCP23017 interrupt flags", expander.int_flag[0] if expander.int_flag else -1, 0, 0)


CHECKS = [
    check_ads1115, check_bme280, check_bmp280, check_adxl345, check_lis3dh, check_mpu6050, check_sht3x, check_sht4x,
    check_scd4x, check_sgp40, check_sgp41, check_bh1750, check_pmsa003i, check_mcp23017,
]  # fmt: skip


def main():
    global failed
    for check in CHECKS:
        bus = DeviceBus(sys.argv[1])
        try:
            check(bus)
        except Exception as error:  # noqa: BLE001 - one driver's trouble must not hide the others
            failed += 1
            print(f"FAILED  {check.__name__}: {type(error).__name__}: {error}")
        finally:
            bus.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
