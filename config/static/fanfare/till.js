/* The till with script: the camera reads the code where the browser can (BarcodeDetector); a chosen picture is sent at
   once; the undo button counts down. Without script every page works: typed code, picture, undo. */
(function () {
  "use strict";

  var photo = document.getElementById("photo");
  if (photo) {
    photo.addEventListener("change", function () {
      if (photo.files.length) photo.form.requestSubmit();
    });
  }

  var camera = document.getElementById("till-camera");
  if (camera && "BarcodeDetector" in window && navigator.mediaDevices) {
    window.BarcodeDetector.getSupportedFormats().then(function (formats) {
      if (formats.indexOf("qr_code") < 0) return;
      camera.hidden = false;
      camera.querySelector("[data-start]").addEventListener("click", scan);
    });
  }

  function scan() {
    var video = camera.querySelector("video");
    var detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (stream) {
      camera.querySelector("[data-start]").hidden = true;
      video.hidden = false;
      video.srcObject = stream;
      return video.play().then(function () { look(video, detector, stream); });
    }).catch(function () {
      camera.querySelector("[data-refused]").hidden = false;
    });
  }

  function look(video, detector, stream) {
    detector.detect(video).then(function (found) {
      if (!found.length) return window.setTimeout(look, 150, video, detector, stream);
      stream.getTracks().forEach(function (track) { track.stop(); });
      var field = document.getElementById("code");
      field.value = found[0].rawValue;
      field.form.requestSubmit();
    }).catch(function () {
      window.setTimeout(look, 500, video, detector, stream);
    });
  }

  var countdown = document.querySelector("[data-countdown]");
  if (countdown) {
    var left = parseInt(countdown.dataset.countdown, 10);
    countdown.textContent = "(" + left + ")";
    window.setInterval(function () {
      left = Math.max(left - 1, 0);
      countdown.textContent = "(" + left + ")";
    }, 1000);
  }
})();
