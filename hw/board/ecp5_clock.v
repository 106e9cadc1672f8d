// ecp5_clock - a clock made of 25 MHz by the PLL of an ECP5: 25 MHz / INPUT x FEEDBACK x VCO / OUTPUT
//
// The oscillator runs at 25 MHz / INPUT x FEEDBACK x VCO, which must be 400 to 800 MHz; its input, 25 MHz
// / INPUT, at least 3.125 MHz (the limits of prjtrellis' ecppll).

`default_nettype none

module ecp5_clock #(
    parameter INPUT = 1,
    parameter FEEDBACK = 2,
    parameter VCO = 12,
    parameter OUTPUT = 12
) (
    input  wire clk_25mhz,
    output wire clk,
    output wire locked
);

    wire feedback;

    (* ICP_CURRENT = "12", LPF_RESISTOR = "8" *)
    EHXPLLL #(
        .CLKI_DIV(INPUT),
        .CLKFB_DIV(FEEDBACK),
        .FEEDBK_PATH("CLKOP"),
        .CLKOP_ENABLE("ENABLED"),
        .CLKOP_DIV(VCO),
        .CLKOP_CPHASE(VCO - 1),
        .CLKOS_ENABLE("ENABLED"),
        .CLKOS_DIV(OUTPUT),
        .CLKOS_CPHASE(OUTPUT - 1)
    ) u_pll (
        .RST(1'b0),
        .STDBY(1'b0),
        .CLKI(clk_25mhz),
        .CLKFB(feedback),
        .CLKOP(feedback),
        .CLKOS(clk),
        .PHASESEL0(1'b0),
        .PHASESEL1(1'b0),
        .PHASEDIR(1'b1),
        .PHASESTEP(1'b1),
        .PHASELOADREG(1'b1),
        .PLLWAKESYNC(1'b0),
        .ENCLKOP(1'b0),
        .ENCLKOS(1'b0),
        .LOCK(locked)
    );

endmodule

`default_nettype wire
