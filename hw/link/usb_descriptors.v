// usb_descriptors - what the device says of itself, as a ROM of 512 bytes; data follows address by a cycle
//
// Where a descriptor lies: found, base and length, from the kind and index of GET_DESCRIPTOR. Two kinds
// are our own: WINDOWS is the MS OS 2.0 descriptor set; CONSTANT gives index and a zero byte, of which
// the answers to GET_STATUS, GET_CONFIGURATION and GET_INTERFACE are made.
//
// VENDOR:PRODUCT 1209:0001 is an identity for tests, shared with others; a release needs its own.

`default_nettype none

module usb_descriptors #(
    parameter [15:0] VENDOR = 16'h1209,
    parameter [15:0] PRODUCT = 16'h0001,
    parameter [63:0] SERIAL = "00000001",  // eight characters
    parameter [7:0] WINDOWS_REQUEST = 8'd83,
    parameter [7:0] WINDOWS = 8'hFF,
    parameter [7:0] CONSTANT = 8'hFE
) (
    input  wire       clk,
    input  wire [8:0] address,
    output reg  [7:0] data,
    input  wire [7:0] kind,     // of the descriptor
    input  wire [7:0] index,
    output reg        found,
    output reg  [8:0] base,
    output reg  [7:0] length
);

    localparam integer AT_DEVICE = 0;
    localparam integer AT_CONFIGURATION = 18;
    localparam integer AT_BOS = 50;
    localparam integer AT_WINDOWS = 83;
    localparam integer AT_LANGUAGES = 245;
    localparam integer AT_MAKER = 249;
    localparam integer AT_NAME = 263;
    localparam integer AT_SERIAL = 301;
    localparam integer AT_CONSTANTS = 319;

    localparam [8*18-1:0] DEVICE = {
        8'd18, 8'd1, 8'h01, 8'h02, 8'd0, 8'd0, 8'd0, 8'd64,
        VENDOR[7:0], VENDOR[15:8], PRODUCT[7:0], PRODUCT[15:8], 8'h00, 8'h01,
        8'd1, 8'd2, 8'd3, 8'd1
    };
    localparam [8*32-1:0] CONFIGURATION = {
        8'd9, 8'd2, 8'd32, 8'd0, 8'd1, 8'd1, 8'd0, 8'h80, 8'd50,       // bus powered, 100 mA
        8'd9, 8'd4, 8'd0, 8'd0, 8'd2, 8'hFF, 8'hFF, 8'hFF, 8'd0,       // the vendor's class
        8'd7, 8'd5, 8'h01, 8'd2, 8'd64, 8'd0, 8'd0,                    // bulk OUT
        8'd7, 8'd5, 8'h81, 8'd2, 8'd64, 8'd0, 8'd0                     // bulk IN
    };
    localparam [8*33-1:0] BOS = {
        8'd5, 8'h0F, 8'd33, 8'd0, 8'd1,
        8'd28, 8'h10, 8'd5, 8'd0,                                      // platform: MS OS 2.0
        128'hDF60DDD88945C74C9CD2659D9E648A9F,
        32'h00000306, 8'd162, 8'd0, WINDOWS_REQUEST, 8'd0
    };
    localparam [8*38-1:0] WINDOWS_HEAD = {
        80'h0A000000_00000306_A200,                                    // set of 162 bytes
        160'h14000300_57494E5553420000_0000000000000000,               // compatible with WINUSB
        64'h84000400_07002A00                                          // registry property: strings
    };
    localparam [8*20-1:0] PROPERTY = "DeviceInterfaceGUIDs";
    localparam [8*38-1:0] GUID = "{8D5F3A52-6C1E-4B0A-9E47-2A7C61D0B3F5}";
    localparam [8*6-1:0] MAKER = "Sterna";
    localparam [8*18-1:0] NAME = "Sterna accelerator";

    reg [7:0] rom [0:511];
    integer   i;

    initial begin
        for (i = 0; i < 512; i = i + 1) rom[i] = 8'd0;
        for (i = 0; i < 18; i = i + 1) rom[AT_DEVICE + i] = DEVICE[8*(17-i)+:8];
        for (i = 0; i < 32; i = i + 1) rom[AT_CONFIGURATION + i] = CONFIGURATION[8*(31-i)+:8];
        for (i = 0; i < 33; i = i + 1) rom[AT_BOS + i] = BOS[8*(32-i)+:8];
        for (i = 0; i < 38; i = i + 1) rom[AT_WINDOWS + i] = WINDOWS_HEAD[8*(37-i)+:8];
        for (i = 0; i < 20; i = i + 1) rom[AT_WINDOWS + 38 + 2*i] = PROPERTY[8*(19-i)+:8];
        rom[AT_WINDOWS + 80] = 8'd80;
        for (i = 0; i < 38; i = i + 1) rom[AT_WINDOWS + 82 + 2*i] = GUID[8*(37-i)+:8];
        rom[AT_LANGUAGES] = 8'd4;
        rom[AT_LANGUAGES + 1] = 8'd3;
        rom[AT_LANGUAGES + 2] = 8'h09;
        rom[AT_LANGUAGES + 3] = 8'h04;
        rom[AT_MAKER] = 8'd14;
        rom[AT_MAKER + 1] = 8'd3;
        for (i = 0; i < 6; i = i + 1) rom[AT_MAKER + 2 + 2*i] = MAKER[8*(5-i)+:8];
        rom[AT_NAME] = 8'd38;
        rom[AT_NAME + 1] = 8'd3;
        for (i = 0; i < 18; i = i + 1) rom[AT_NAME + 2 + 2*i] = NAME[8*(17-i)+:8];
        rom[AT_SERIAL] = 8'd18;
        rom[AT_SERIAL + 1] = 8'd3;
        for (i = 0; i < 8; i = i + 1) rom[AT_SERIAL + 2 + 2*i] = SERIAL[8*(7-i)+:8];
        rom[AT_CONSTANTS + 2] = 8'd1;
    end

    always @(posedge clk) data <= rom[address];

    always @* begin
        found = 1'b1;
        base = AT_DEVICE[8:0];
        length = 8'd18;
        case ({kind, index})
            16'h0100: ;
            16'h0200: begin
                base = AT_CONFIGURATION[8:0];
                length = 8'd32;
            end
            16'h0300: begin
                base = AT_LANGUAGES[8:0];
                length = 8'd4;
            end
            16'h0301: begin
                base = AT_MAKER[8:0];
                length = 8'd14;
            end
            16'h0302: begin
                base = AT_NAME[8:0];
                length = 8'd38;
            end
            16'h0303: begin
                base = AT_SERIAL[8:0];
                length = 8'd18;
            end
            16'h0F00: begin
                base = AT_BOS[8:0];
                length = 8'd33;
            end
            {WINDOWS, 8'd0}: begin
                base = AT_WINDOWS[8:0];
                length = 8'd162;
            end
            {CONSTANT, 8'd0}: begin
                base = AT_CONSTANTS[8:0];
                length = 8'd2;
            end
            {CONSTANT, 8'd1}: begin
                base = AT_CONSTANTS[8:0] + 9'd2;
                length = 8'd2;
            end
            default: found = 1'b0;
        endcase
    end

endmodule

`default_nettype wire
